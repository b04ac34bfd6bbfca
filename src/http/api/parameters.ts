/** Parameters of a query, or fields of a body, by their names. */
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Parameter {
  readonly schema: Schema;
  /** What it means, as a phrase. */
  readonly description: string;
  readonly required?: true;
}

/** As much of JSON Schema as parameters need. */
export interface Schema {
  readonly enum?: readonly string[];
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object';
  readonly format?: 'date-time';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
  readonly examples?: readonly string[];
  readonly oneOf?: readonly Schema[];
}

export const TEXT: Schema = { type: 'string' };
/** A duration as `core/time/duration.ts` reads it. */
export const DURATION: Schema = { type: 'string', examples: ['5m', '1h'] };
export const MILLISECONDS: Schema = { type: 'number', minimum: 0 };
/** A time as `core/time/timestamp.ts` reads it. */
export const TIMESTAMP: Schema = { oneOf: [{ type: 'string', format: 'date-time' }, MILLISECONDS] };
