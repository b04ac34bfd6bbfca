import { z } from 'zod';
import { documentSchema } from './native-schema.ts';

/** The JSON Schema (2020-12) of a native SLO document, for editors: made from the schema files are checked with. */
export function nativeJsonSchema(): object {
  return z.toJSONSchema(documentSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Editors see files before references such as ${NAME} are filled in.
      if (jsonSchema.pattern !== undefined) jsonSchema.pattern = `(?:${jsonSchema.pattern})|\\$\\{`;
    },
  });
}
