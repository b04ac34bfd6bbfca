import { z } from 'zod';
import { documentSchema } from './native/document-schema.ts';
import { KINDS } from './openslo/kinds.ts';

/** The JSON Schema (2020-12) of a native SLO document, for editors: made from the schema files are checked with. */
export function nativeJsonSchema(): object {
  return jsonSchema(documentSchema);
}

/** The JSON Schema (2020-12) of an OpenSLO v1 document of any kind, as far as Burnwatch reads it. */
export function openSloJsonSchema(): object {
  const { SLO, SLI, Service, DataSource, AlertPolicy, AlertCondition, AlertNotificationTarget } = KINDS;
  const kinds = [
    SLO,
    SLI,
    Service,
    DataSource,
    AlertPolicy,
    AlertCondition,
    AlertNotificationTarget,
  ] as const;
  return jsonSchema(z.discriminatedUnion('kind', kinds).meta({ title: 'OpenSLO v1 for Burnwatch' }));
}

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input' });
}
