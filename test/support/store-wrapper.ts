import type { Store } from '../../src/core/ports/store/store.ts';
import type { PartitionId } from '../../src/core/ports/store/counting.ts';
import { PartUnavailable, StoreUnavailable } from '../../src/core/ports/store/store.ts';

export type StoreMethod = {
  [Name in keyof Store]: Store[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Store];

/** A store that can be watched, told to fail, and held up. */
export interface WrappedStore {
  readonly store: Store;
  /** The arguments of every call of a method so far. */
  calls(method: StoreMethod): readonly (readonly unknown[])[];
  /** What a method answered so far. */
  answers(method: StoreMethod): readonly unknown[];
  /** From now on these methods (all, when none is named) reject with `StoreUnavailable`. */
  takeDown(...methods: StoreMethod[]): void;
  /** As `takeDown`, but each call reaches the store first: the write happens and its answer is lost. */
  loseAnswers(...methods: StoreMethod[]): void;
  bringUp(): void;
  /**
   * From now on these partitions of every workflow lie on a part of the store that is away; `known`, false: what reads them
   * fails, and the store does not say so yet.
   */
  takeAway(partitions: readonly number[], known?: boolean): void;
  /** Runs before every call of a method goes on to the store. */
  before(method: StoreMethod, action: (...args: unknown[]) => void | Promise<void>): void;
  /** From now on another store answers, as after a wipe. */
  replace(store: Store): void;
}

/** Wraps a real store; what it does not interfere with goes through unchanged. */
export function wrapStore(wrapped: Store): WrappedStore {
  let inner = wrapped;
  const calls = new Map<StoreMethod, unknown[][]>();
  const answers = new Map<StoreMethod, unknown[]>();
  const actions = new Map<StoreMethod, (...args: unknown[]) => void | Promise<void>>();
  let isDown: (method: StoreMethod) => boolean = () => false;
  let isMute: (method: StoreMethod) => boolean = () => false;
  let away: readonly number[] = [];
  let isKnown = true;

  function partitionsAsked(method: StoreMethod, [first]: unknown[]): readonly number[] {
    if (method === 'sweep' || method === 'record') return [(first as PartitionId).partition];
    if (method === 'readBlocks') return (first as PartitionId[]).map(({ partition }) => partition);
    if (method === 'changes')
      return (first as { readonly partition: PartitionId }[]).map(({ partition }) => partition.partition);
    return method === 'writeHours' ? [0] : [];
  }

  const among = (methods: readonly StoreMethod[]) => (method: StoreMethod) =>
    methods.length === 0 || methods.includes(method);

  async function call(method: StoreMethod, args: unknown[]): Promise<unknown> {
    keep(calls, method, args);
    await actions.get(method)?.(...args);
    if (isDown(method)) throw new StoreUnavailable(`${method}: taken down`);
    if (partitionsAsked(method, args).some((partition) => away.includes(partition)))
      throw new PartUnavailable('10.0.0.1:6379', `${method}: its part is away`, {});
    if (method === 'partitionsAway' && isKnown) {
      const workflows = args[0] as readonly string[];
      return workflows.flatMap((workflow) =>
        away.map((partition) => ({ workflow, partition, part: '10.0.0.1:6379' })),
      );
    }
    const answer = await (inner[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    if (isMute(method)) throw new StoreUnavailable(`${method}: the answer was lost`);
    keep(answers, method, answer);
    return answer;
  }

  const store = new Proxy(wrapped, {
    get(_, property) {
      const value = Reflect.get(inner, property) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => call(property as StoreMethod, args);
    },
  });
  return {
    store,
    calls: (method) => calls.get(method) ?? [],
    answers: (method) => answers.get(method) ?? [],
    takeDown: (...methods) => void (isDown = among(methods)),
    loseAnswers: (...methods) => void (isMute = among(methods)),
    bringUp() {
      isDown = () => false;
      isMute = () => false;
    },
    takeAway(partitions, known = true) {
      away = partitions;
      isKnown = known;
    },
    before: (method, action) => void actions.set(method, action),
    replace: (another) => void (inner = another),
  };
}

function keep<T>(lists: Map<StoreMethod, T[]>, method: StoreMethod, item: T): void {
  const list = lists.get(method);
  if (list) list.push(item);
  else lists.set(method, [item]);
}
