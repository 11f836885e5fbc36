//! What strikebook's SQL engines share: tables, row codec, statements, migrator, worker
