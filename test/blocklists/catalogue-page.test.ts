import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cataloguePage } from '../../scripts/catalogue-page.ts';

const written = readFileSync('docs/catalogue.md', 'utf8');

test('docs/catalogue.md is what the blocklists say: npx node scripts/catalogue-page.ts', () => {
  expect(cataloguePage(written)).toBe(written);
});

test('what stands above the mark is kept as it was written', () => {
  const changed = written.replace('# Catalogue\n', '# Catalogue\n\nBy hand.\n');
  expect(changed).not.toBe(written);
  expect(cataloguePage(changed)).toBe(changed);
});

test('the page shows every instrument and every app', () => {
  for (const id of ['uk-cabinet-office-2023-03-16', 'us-omb-m-23-13', 'tiktok', 'tiktok-ads', 'encrypted-dns'])
    expect(written).toContain(`| \`${id}\` |`);
});
