import { isActionLink } from '../message/action-links.ts';
import type { Message } from '../message/message.ts';

type Shorter = (message: Message) => Message | null;

/**
 * What is left out where not all of a message can be shown, one piece at a time and in this order, each list from its end. The
 * headline, the sentence, the owner, the links to act, and which incident it is stay.
 */
const GIVES_WAY: readonly Shorter[] = [
  (message) => (message.description === null ? null : { ...message, description: null }),
  (message) => {
    const lastFailed = withoutLast(message.lastFailed);
    return lastFailed && { ...message, lastFailed };
  },
  (message) => {
    const fields = withoutLast(message.fields, ({ label }) => label !== 'Owner');
    return fields && { ...message, fields };
  },
  (message) => {
    const causes = withoutLast(message.causes);
    return causes && { ...message, causes };
  },
  (message) => {
    const links = withoutLast(message.links, (link) => !isActionLink(link));
    return links && { ...message, links };
  },
  (message) => {
    const notices = withoutLast(message.notices);
    return notices && { ...message, notices };
  },
];

/** The message without what matters least of it; null when nothing more may be left out. */
export function lessOf(message: Message): Message | null {
  for (const shorter of GIVES_WAY) {
    const less = shorter(message);
    if (less) return less;
  }
  return null;
}

/** The list without the last one that may go; null when none may. */
function withoutLast<Item>(
  items: readonly Item[],
  mayGo: (item: Item) => boolean = () => true,
): readonly Item[] | null {
  const index = items.findLastIndex(mayGo);
  return index < 0 ? null : items.toSpliced(index, 1);
}
