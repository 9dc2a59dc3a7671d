/** Settings that risk the data, and the value that does; each is named so in the PostgreSQL manual. */
export const unsafeSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  zero_damaged_pages: 'on',
  ignore_checksum_failure: 'on',
  ignore_invalid_pages: 'on',
};
