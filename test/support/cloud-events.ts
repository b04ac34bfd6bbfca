/** An event that the execution `order-17` of the workflow `checkout` succeeded, in the JSON format. */
export function anEvent(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    specversion: '1.0',
    id: 'e-1',
    source: '/shop',
    type: 'com.example.checkout.completed',
    subject: 'order-17',
    time: '2026-03-01T12:00:00Z',
    ...changes,
  };
}
