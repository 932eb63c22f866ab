// blocklists/schema/*.json from the zod schemas, so that editors help while people write.
//
//   npx node scripts/schemas.ts            writes them
//   npx node scripts/schemas.ts --check    exits 1 when one is stale

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';
import { exemptionSchema } from '../src/config/schema-exemption.ts';
import { appSchema, feedSchema } from '../src/lists/schema/schema-app.ts';
import { directiveSchema } from '../src/lists/schema/schema-directive.ts';
import { cdnZonesSchema, networksSchema, sourcesSchema, vocabularySchema } from '../src/lists/schema/schema-zones.ts';

const FOLDER = new URL('../blocklists/schema/', import.meta.url);

const SCHEMAS: Record<string, { readonly title: string; readonly schema: z.ZodType }> = {
  app: { title: 'App', schema: appSchema },
  'cdn-zones': { title: 'CDN zones', schema: cdnZonesSchema },
  config: { title: 'interdict.yaml', schema: configSchema },
  directive: { title: 'Directive', schema: directiveSchema },
  exemption: { title: 'Exemption', schema: exemptionSchema },
  feed: { title: 'Feed', schema: feedSchema },
  networks: { title: 'Networks', schema: networksSchema },
  sources: { title: 'Sources', schema: sourcesSchema },
  vocabulary: { title: 'Vocabulary', schema: vocabularySchema },
};

/** File name → text. `io: input`: what people write, where keys with a default may be left out. */
export function schemaTexts(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, { title, schema }] of Object.entries(SCHEMAS)) {
    const json = z.toJSONSchema(schema, { io: 'input' });
    texts.set(`${name}.json`, `${JSON.stringify({ ...json, title }, null, 2)}\n`);
  }
  return texts;
}

function readOr(name: string): string {
  try {
    return readFileSync(new URL(name, FOLDER), 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  const stale = [...schemaTexts()].filter(([name, text]) => readOr(name) !== text);
  if (process.argv.includes('--check')) {
    for (const [name] of stale) console.error(`blocklists/schema/${name} is stale; run: npx node scripts/schemas.ts`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, text] of stale) writeFileSync(new URL(name, FOLDER), text);
    console.log(`${stale.length} of ${schemaTexts().size} schemas written`);
  }
}
