import type { FlightReport, FlightPlace } from '../core/ports/store/counting.ts';

/** Puts the same places of several partitions together. */
export function addPlaces(places: readonly FlightPlace[]): readonly FlightPlace[] {
  const byName = new Map<string, FlightPlace>();
  for (const place of places) {
    const name = `${place.of} ${place.step ?? ''}`;
    const known = byName.get(name);
    byName.set(name, {
      ...place,
      running: place.running + (known?.running ?? 0),
      overdue: place.overdue + (known?.overdue ?? 0),
    });
  }
  return [...byName.values()];
}

/** The overdue first, each of the two by when they began; at most `limit`. */
export function slowestFirst(flights: readonly FlightReport[], limit: number): readonly FlightReport[] {
  return flights
    .toSorted((one, other) => Number(other.overdue) - Number(one.overdue) || begunAt(one) - begunAt(other))
    .slice(0, limit);
}

function begunAt({ startedAt, queuedAt }: FlightReport): number {
  return Math.min(startedAt ?? Infinity, queuedAt ?? Infinity);
}
