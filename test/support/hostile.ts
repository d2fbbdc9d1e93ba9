/** Stands in every hostile text, so that it can be told wherever it turns up. */
export const MARK = 'zqx7'

/** What must stay out of reach: a file to be read, one to be written, an address to be called. */
export type Lures = { readFile: string; writeFile: string; url: string }

/** Texts that would leave their quotes, be SQL, be a bound name, or be no text at all. */
export const hostileTexts = (l: Lures): string[] =>
  [
    "' OR 1=1 --",
    "'; DROP TABLE otel_traces; --",
    "\\'; DROP TABLE otel_traces; --",
    "') UNION ALL SELECT * FROM system.tables --",
    `' UNION ALL SELECT * FROM file('${l.readFile}', 'LineAsString') --`,
    `' INTO OUTFILE '${l.writeFile}' --`,
    `'; INSERT INTO FUNCTION file('${l.writeFile}') SELECT 1; --`,
    `' UNION ALL SELECT * FROM url('${l.url}', 'LineAsString') --`,
    "'; DELETE FROM api_keys; --",
    "x' SETTINGS readonly = 0 --",
    '{x:String}',
    '{service:Identifier}',
    '{service:String}{',
    '*/ UNION ALL SELECT 1 /*',
    '-- ',
    '# ',
    '/*',
    '\\',
    "\\\\'",
    '"',
    '`',
    "''",
    '\0',
    'a\0b',
    '\t\r\n\\N',
    '$(id)`id`',
    '%00%27',
    '\u{1F4A5}\u202E\uFFFD',
    '__proto__',
    'x'.repeat(900),
    '?',
    '$1',
    ':name',
    '[]',
    '{"a":{"$gt":""}}',
  ].map((text, i) => (i % 2 === 0 ? `${MARK}${text}` : `${text}${MARK}`))
