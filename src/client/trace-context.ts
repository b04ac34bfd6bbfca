const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}(?:-|$)/i;
const TRACE_ID = /^[\da-f]{32}$/i;
const NO_TRACE = /^0+$/;

/** The trace id of a W3C `traceparent` header; undefined when it is none. */
export function traceIdOf(traceparent: unknown): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  return validTraceId(TRACEPARENT.exec(traceparent.trim())?.[1]);
}

/** Where @opentelemetry/api registers itself, and under which key it keeps the active span: both are part of its contract. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

/** The parts of @opentelemetry/api that are read, when an application has registered it. */
interface Registered {
  readonly context?: {
    active(): {
      getValue(key: symbol): { spanContext?(): { readonly traceId?: unknown } } | undefined;
    };
  };
}

/** The trace id of the active OpenTelemetry span; undefined when there is none, or no OpenTelemetry. Does not throw. */
export function activeTraceId(): string | undefined {
  try {
    const registered = (globalThis as Readonly<Record<symbol, unknown>>)[REGISTRY] as Registered | undefined;
    return validTraceId(registered?.context?.active().getValue(SPAN)?.spanContext?.().traceId);
  } catch {
    return undefined;
  }
}

function validTraceId(id: unknown): string | undefined {
  return typeof id === 'string' && TRACE_ID.test(id) && !NO_TRACE.test(id) ? id.toLowerCase() : undefined;
}
