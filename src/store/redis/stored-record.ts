import type { EndStatus } from '../../core/outcomes/outcome.ts';
import type { EndSli, FailureKey } from '../../core/ports/store/counting.ts';
import type { EndPart, FlightWatch, SubjectRecord } from '../subject-record.ts';
import { NOTHING_KNOWN, withReceipt } from '../subject-record.ts';

/** Lua writes an empty list as an object. */
type List<Item> = readonly Item[] | Readonly<Record<string, never>>;

type StoredFailure = readonly [step: string | null, dependency: string | null, error: string | null];
type StoredSli = readonly [
  fingerprint: string,
  withinMs: number | false,
  fromQueued?: number,
  startFrom?: number,
  startTo?: number,
];
type StoredWatch = readonly [
  fingerprint: string,
  withinMs: number,
  counted?: number,
  step?: string | null,
  fromQueued?: number,
];
type StoredEnd = readonly [
  status: EndStatus,
  at: number,
  count: number,
  failure: StoredFailure,
  slis: List<StoredSli>,
  traceId?: string | null,
];

/** A record of a subject as JSON; `subject.lua` says what its fields are. */
interface StoredRecord {
  readonly x?: string;
  readonly t?: string | null;
  readonly n?: number;
  readonly s?: number;
  readonly f?: number;
  readonly r?: number;
  readonly q?: number;
  readonly p?: string | null;
  readonly a?: number;
  readonly w?: List<StoredWatch>;
  readonly k?: number;
  readonly o?: number;
  /** In version 0.1 a moment. */
  readonly e?: List<StoredEnd> | number;
  readonly z?: number;
}

/** Reads a record; `keepUntil` is set for what is settled. */
export function readStored(text: string, keepUntil: number | null): SubjectRecord {
  const stored = JSON.parse(text) as StoredRecord;
  return {
    ...NOTHING_KNOWN,
    execution: stored.x ?? '',
    traceId: stored.t ?? null,
    count: stored.n ?? null,
    recordedStart: stored.s ?? null,
    toldStart: stored.f ?? null,
    laterStart: stored.r ?? null,
    queuedAt: stored.q ?? null,
    lastStep: stored.p ?? null,
    lastStepAt: stored.a ?? null,
    watches: listOf(stored.w).map(watchOf),
    attempt: stored.k ?? 0,
    willRetry: stored.o === 1,
    ends: typeof stored.e === 'number' ? [] : listOf(stored.e).map(endOf),
    endedAt: stored.z ?? null,
    keepUntil,
  };
}

const RECEIPT = /^(?<template>.{11})(?<at>.{8})(?<start>.{8})?(?<mark>[!?])?$/s;

/** What a receipt of an end (see `seen.lua`) with the JSON of its template says; null where they are not whole. */
export function readReceipt(receipt: string, template: string): SubjectRecord | null {
  const parts = RECEIPT.exec(receipt)?.groups;
  if (!parts) return null;
  const [status, failure, slis] = JSON.parse(template) as [EndStatus, StoredFailure, List<StoredSli>];
  const end = {
    status,
    at: momentOf(parts['at'])!,
    failure: failureOf(failure),
    slis: listOf(slis).map(sliOf),
  };
  const start = momentOf(parts['start']);
  const isRecorded = parts['mark'] === '?';
  return withReceipt(end, {
    toldStart: isRecorded ? null : start,
    recordedStart: isRecorded ? start : null,
    count: parts['mark'] === undefined ? null : 1,
  });
}

/** The name of the template of a receipt. */
export function templateName(receipt: string): string {
  return receipt.slice(0, 11);
}

function momentOf(digits: string | undefined): number | null {
  return digits === undefined || digits.trim() === '' ? null : parseInt(digits, 36);
}

function listOf<Item>(list: List<Item> | undefined): readonly Item[] {
  return Array.isArray(list) ? (list as readonly Item[]) : [];
}

function watchOf([fingerprint, withinMs, counted, step, fromQueued]: StoredWatch): FlightWatch {
  return {
    fingerprint,
    withinMs,
    from: fromQueued === 1 ? 'queued' : 'started',
    counted: counted === 1 ? { step: step ?? null } : null,
  };
}

function endOf([status, at, count, failure, slis, traceId]: StoredEnd): EndPart {
  return {
    status,
    at,
    count,
    traceId: traceId ?? null,
    failure: failureOf(failure),
    slis: listOf(slis).map(sliOf),
  };
}

function failureOf([step, dependency, error]: StoredFailure): FailureKey {
  return { step: step ?? null, dependency: dependency ?? null, error: error ?? null };
}

function sliOf([fingerprint, withinMs, fromQueued, startFrom, startTo]: StoredSli): EndSli {
  return {
    fingerprint,
    withinMs: withinMs === false ? null : withinMs,
    from: fromQueued === 1 ? 'queued' : 'started',
    startIn: startFrom === undefined || startTo === undefined ? null : [startFrom, startTo],
  };
}
