-- The objects of the schema beside its tables and columns: owner, object, definition, and the version that wrote it.
SELECT table_name AS owner, 'index ' || index_name AS object, sql AS definition, version() AS written_by
FROM duckdb_indexes()
UNION ALL
SELECT view_name, 'view', replace(translate(sql, '()', ''), 'TIMESTAMP_US', 'TIMESTAMP'), version()
FROM duckdb_views()
WHERE NOT internal AND NOT temporary
UNION ALL
SELECT table_name, 'constraint ' || constraint_text, constraint_text, version()
FROM duckdb_constraints()
WHERE constraint_type <> 'NOT NULL'
UNION ALL
-- A file tells the definition of a macro otherwise than its migration did: the parameters stand for it.
SELECT function_name, 'macro', CAST(parameters AS VARCHAR), ''
FROM duckdb_functions()
WHERE NOT internal AND function_type IN ('macro', 'table_macro')
