import { type Place, placeAt } from '../yaml/value-tree.ts';
import type { OpenSloDocument } from './documents.ts';
import type { AlertPolicyItem, AlertPolicySpec, Kind, Metadata, SloSpec } from './kinds.ts';

/** Metadata of a document, or of what is written inside one instead of being referred to. */
export interface PlacedMetadata {
  /** What it is the metadata of. */
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly place: Place;
}

/** All metadata of a document with the right shape: its own, and that of the SLIs, policies, conditions and targets in it. */
export function metadataOf(document: OpenSloDocument): readonly PlacedMetadata[] {
  const { kind, data, place } = document;
  if (!data) return [];
  const own = placed(kind, data, place);
  const spec = placeAt(place, ['spec']);
  if (!spec) return own;
  if (kind === 'SLO') return [...own, ...ofSlo(document.data!.spec, spec)];
  if (kind === 'AlertPolicy') return [...own, ...ofPolicy(document.data!.spec, spec)];
  return own;
}

function placed(
  kind: Kind,
  { metadata }: { readonly metadata?: Metadata | undefined },
  place: Place,
): PlacedMetadata[] {
  const at = placeAt(place, ['metadata']);
  return metadata && at ? [{ kind, metadata, place: at }] : [];
}

function ofSlo({ indicator, objectives, alertPolicies }: SloSpec, place: Place): PlacedMetadata[] {
  const ofIndicator = (
    inline: { readonly metadata?: Metadata | undefined } | undefined,
    path: readonly (string | number)[],
  ) => {
    const at = placeAt(place, [...path, 'indicator']);
    return inline && at ? placed('SLI', inline, at) : [];
  };
  return [
    ...ofIndicator(indicator, []),
    ...objectives.flatMap((item, index) => ofIndicator(item.indicator, ['objectives', index])),
    ...(alertPolicies ?? []).flatMap((item, index) =>
      ofPolicyItem(item, placeAt(place, ['alertPolicies', index])!),
    ),
  ];
}

function ofPolicyItem(item: AlertPolicyItem, place: Place): PlacedMetadata[] {
  if (typeof item === 'string' || !item.spec) return [];
  return [...placed('AlertPolicy', item, place), ...ofPolicy(item.spec, placeAt(place, ['spec'])!)];
}

function ofPolicy({ conditions, notificationTargets = [] }: AlertPolicySpec, place: Place): PlacedMetadata[] {
  return [
    ...conditions.flatMap((item, index) =>
      placed('AlertCondition', item, placeAt(place, ['conditions', index])!),
    ),
    ...notificationTargets.flatMap((item, index) =>
      placed('AlertNotificationTarget', item, placeAt(place, ['notificationTargets', index])!),
    ),
  ];
}
