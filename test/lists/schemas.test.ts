import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemaTexts } from '../../scripts/schemas.ts';

describe('the JSON Schemas for editors', () => {
  it('are what the zod schemas say: npx node scripts/schemas.ts', () => {
    const written = readdirSync('blocklists/schema').map((name) => [
      name,
      readFileSync(`blocklists/schema/${name}`, 'utf8'),
    ]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(schemaTexts()));
  });

  it('describe every key', () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, value] of Object.entries(properties ?? {})) if (!value.description) bare.push(`${path}.${key}`);
      for (const [key, value] of Object.entries(node)) walk(value, key === 'properties' ? path : `${path}.${key}`);
    };
    for (const [name, text] of schemaTexts()) walk(JSON.parse(text), name);
    expect(bare).toEqual([]);
  });
});
