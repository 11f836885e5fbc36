-- The objects of the schema beside its tables and columns: owner, object, definition, and the version that wrote it.
SELECT tbl_name AS owner, type || ' ' || name AS object, sql AS definition, '' AS written_by
FROM sqlite_schema
WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
UNION ALL
SELECT name, 'view', sql, ''
FROM sqlite_schema
WHERE type = 'view'
UNION ALL
-- A primary key has no name, and where it is the number of the row, no index either.
SELECT m.name, 'primary key',
       (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk)), ''
FROM sqlite_schema AS m
WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE pk > 0)
UNION ALL
-- A unique constraint has no name either: its columns stand for one.
SELECT owner, 'unique constraint (' || columns || ')', columns, ''
FROM (SELECT m.name AS owner,
             (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
      FROM sqlite_schema AS m, pragma_index_list(m.name) AS i
      WHERE m.type = 'table' AND i.origin = 'u')
UNION ALL
SELECT name, 'kind of table', iif(strict, 'STRICT', 'not STRICT') || iif(wr, ', WITHOUT ROWID', ', with rowid'), ''
FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
