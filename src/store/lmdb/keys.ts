import type { Resolution } from '../../core/counters/cells.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { Collection } from '../../core/ports/store/records.ts';
import type { PartitionId } from '../../core/ports/store/counting.ts';
import type { StatisticSpan, StatisticCell } from '../../core/statistics/statistic-cells.ts';

/**
 * Every key of the embedded store is made here. Keys are lists that sort by their parts from left to right, so
 * that what is read or forgotten together lies together: a range is two such lists, the end not included.
 */
export type Key = (string | number)[];

export interface Range {
  readonly start: Key;
  readonly end: Key;
}

/** An outcome that was counted, under the dedup bucket it arrived in: old buckets lie in front. */
export function identityKey(bucket: number, { workflow, partition }: PartitionId, identity: string): Key {
  return [bucket, workflow, partition, inKey(identity)];
}

export function identitiesOf(bucket: number, { workflow, partition }: PartitionId): Range {
  return { start: [bucket, workflow, partition], end: [bucket, workflow, partition + 1] };
}

export function identitiesBefore(bucket: number): Range {
  return { start: [0], end: [bucket] };
}

/** Something in flight, or an end that waits for its start. */
export function flightKey({ workflow, partition }: PartitionId, subject: string): Key {
  return [workflow, partition, inKey(subject)];
}

/** All of a partition that is in flight or waits. */
export function flightsOf({ workflow, partition }: PartitionId): Range {
  return { start: [workflow, partition], end: [workflow, partition + 1] };
}

/** The moment a sweep must look at something in flight. */
export function dueKey({ workflow, partition }: PartitionId, due: number, subject: string): Key {
  return [workflow, partition, due, inKey(subject)];
}

/** Something overdue, by when it began. */
export function overdueKey({ workflow, partition }: PartitionId, begun: number, subject: string): Key {
  return [workflow, partition, begun, inKey(subject)];
}

/** What is due in a partition before a moment. */
export function dueBefore({ workflow, partition }: PartitionId, timestamp: number): Range {
  return { start: [workflow, partition, 0], end: [workflow, partition, timestamp] };
}

/** What is due in a partition at a moment and after it. */
export function dueFrom({ workflow, partition }: PartitionId, timestamp: number): Range {
  return { start: [workflow, partition, timestamp], end: [workflow, partition + 1] };
}

/** The subject of a key of what is due or overdue. */
export function subjectOfDue(key: Key): string {
  return outOfKey(String(key[3]));
}

export function subjectOfFlight(key: Key): string {
  return outOfKey(String(key[2]));
}

export function partitionOf(key: Key): PartitionId {
  return { workflow: String(key[0]), partition: Number(key[1]) };
}

/** Blocks of a level that expire together lie together. */
export function blockKey(
  resolution: Resolution,
  block: number,
  { workflow, partition }: PartitionId,
  fingerprint: string,
): Key {
  return [resolution, block, workflow, partition, fingerprint];
}

export function blocksBefore(resolution: Resolution, block: number): Range {
  return { start: [resolution, 0], end: [resolution, block] };
}

export function partitionKey({ workflow, partition }: PartitionId): Key {
  return [workflow, partition];
}

/** An hour in which an SLI's counters changed. */
export function changeKey({ workflow, partition }: PartitionId, fingerprint: string, hour: number): Key {
  return [workflow, partition, fingerprint, hour];
}

export function changesOf({ workflow, partition }: PartitionId): Range {
  return { start: [workflow, partition], end: [workflow, partition + 1] };
}

export function hourOfChange(key: Key): { readonly fingerprint: string; readonly hour: number } {
  return { fingerprint: String(key[2]), hour: Number(key[3]) };
}

export function failuresKey(hour: number, { workflow, fingerprint }: SliId): Key {
  return [hour, workflow, fingerprint];
}

export function failuresBefore(hour: number): Range {
  return { start: [0], end: [hour] };
}

export function sumsKey(hour: number, { workflow, fingerprint }: SliId): Key {
  return [hour, workflow, fingerprint];
}

export function sumsBefore(hour: number): Range {
  return { start: [0], end: [hour] };
}

/** What is counted of a subject, by the name that statistics have for it. */
export function statisticKey(
  { span, index }: StatisticCell,
  { workflow, partition }: PartitionId,
  name: string,
): Key {
  return [span, index, workflow, partition, name];
}

/** All subjects of a cell, of the partitions from one up to another, that one not included. */
export function statisticsOfCell(
  { span, index }: StatisticCell,
  workflow: string,
  from: number,
  to: number,
): Range {
  return { start: [span, index, workflow, from], end: [span, index, workflow, to] };
}

export function subjectOfStatistic(key: Key): string {
  return String(key[4]);
}

export function statisticsBefore(span: StatisticSpan, index: number): Range {
  return { start: [span, 0], end: [span, index] };
}

export function recordKey(collection: Collection, id: string): Key {
  return [collection, id];
}

export function recordsOf(collection: Collection): Range {
  return { start: [collection], end: [`${collection}\u0001`] };
}

/** Beside the records, under the name of no collection. */
export function letterKey(id: string): Key {
  return [LETTERS, id];
}

/** All dead letters, or those after an id. */
export function lettersAfter(after: string | null): Range {
  return { start: after === null ? [LETTERS] : [LETTERS, `${after}\u0001`], end: [`${LETTERS}\u0001`] };
}

const LETTERS = 'dead-letters';

export function idOfRecord(key: Key): string {
  return String(key[1]);
}

export function sliKey({ workflow, fingerprint }: SliId): Key {
  return [workflow, fingerprint];
}

/** Rows of the outbox by when they were made. */
export function rowOrderKey(createdAt: number, id: string): Key {
  return [createdAt, id];
}

export function rowOfOrder(key: Key): string {
  return String(key[1]);
}

/** When a row was made, and its id. */
export function placeOfOrder(key: Key): { readonly createdAt: number; readonly id: string } {
  return { createdAt: Number(key[0]), id: rowOfOrder(key) };
}

/** Delivered rows by when they were. */
export function deliveredBefore(timestamp: number): Range {
  return { start: [0], end: [timestamp] };
}

export function conversationKey(conversation: string, target: string): Key {
  return [conversation, target];
}

export function conversationOfKey(key: Key): { readonly conversation: string; readonly target: string } {
  return { conversation: String(key[0]), target: String(key[1]) };
}

/** A conversation at a target by when it is due, among the urgent ones of that target, or among the others. */
export function conversationDueKey(target: string, urgent: boolean, due: number, conversation: string): Key {
  return [target, urgent ? 0 : 1, due, conversation];
}

/** The urgent conversations of a target that are due at a moment, or the others. */
export function conversationsDue(target: string, urgent: boolean, timestamp: number): Range {
  const among = urgent ? 0 : 1;
  return { start: [target, among, 0], end: [target, among, timestamp + 1] };
}

export function placeOfDue(key: Key): {
  readonly target: string;
  readonly due: number;
  readonly conversation: string;
} {
  return { target: String(key[0]), due: Number(key[2]), conversation: String(key[3]) };
}

/** Conversations of the targets after one, in the order of their names. */
export function conversationsAfter(target: string): { readonly start: Key } {
  return { start: [target, 2] };
}

/** The moment at which an incident opened. */
export function incidentKey(incident: string): Key {
  return ['incident', incident];
}

/** What happened to an incident, as the event of this number. */
export function incidentEventKey(openedAt: number, incident: string, number: number): Key {
  return ['event', openedAt, incident, number];
}

export function incidentEventsOf(openedAt: number, incident: string): Range {
  return { start: ['event', openedAt, incident], end: ['event', openedAt, `${incident}\u0001`] };
}

/** Events of all incidents that opened from one moment up to another, that one not included. */
export function incidentsOpened(from: number, to: number): Range {
  return { start: ['event', from], end: ['event', to] };
}

export function incidentOfEvent(key: Key): { readonly openedAt: number; readonly id: string } {
  return { openedAt: Number(key[1]), id: String(key[2]) };
}

// The parts of a list are separated by NUL, which long texts are not checked for: subjects, the only texts with
// one, get another control character instead. Executions and steps hold none.
function inKey(text: string): string {
  return text.replaceAll('\u0000', '\u001f');
}

function outOfKey(text: string): string {
  return text.replaceAll('\u001f', '\u0000');
}
