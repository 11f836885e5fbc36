-- The objects of the schema beside its tables and columns: owner, object, definition, and the version that wrote it. The
-- short forms of definitions do not name the schema.
SELECT t.relname::text AS owner, 'index ' || i.relname AS object,
       pg_get_indexdef(x.indexrelid, 0, true) || CASE WHEN x.indisvalid THEN '' ELSE ' (invalid)' END AS definition,
       '' AS written_by
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema()
  AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT t.relname, 'constraint ' || c.conname, pg_get_constraintdef(c.oid, true), ''
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema() AND c.contype IN ('p', 'u', 'x', 'f', 'c')
UNION ALL
SELECT v.relname, 'view', pg_get_viewdef(v.oid, true), (current_setting('server_version_num')::integer / 10000)::text
FROM pg_class AS v
JOIN pg_namespace AS n ON n.oid = v.relnamespace
WHERE n.nspname = current_schema() AND v.relkind = 'v'
UNION ALL
-- Triggers of extensions run functions of other schemas.
SELECT t.relname, 'trigger ' || g.tgname,
       pg_get_triggerdef(g.oid, true) || CASE g.tgenabled WHEN 'A' THEN ' (always)' WHEN 'R' THEN ' (replica)' ELSE '' END,
       ''
FROM pg_trigger AS g
JOIN pg_class AS t ON t.oid = g.tgrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_proc AS p ON p.oid = g.tgfoid
WHERE n.nspname = current_schema() AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND p.pronamespace = n.oid
UNION ALL
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function', p.prosrc, ''
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema()
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
