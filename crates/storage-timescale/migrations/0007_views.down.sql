DROP VIEW option_quotes_readable;
