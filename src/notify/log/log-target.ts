import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { plainText } from '../message/plain-text.ts';
import { redact } from '../message/redact.ts';

const RULE = '─'.repeat(80);

/** A target that writes each notification as lines of plain text between two rules, for terminals and trials. */
export function logTarget(
  name: string,
  write: (text: string) => void,
  options: { readonly links: Links },
): TargetAdapter {
  return {
    name,
    kind: 'log',
    async send(notification: Notification): Promise<Delivery> {
      const text = plainText(composeMessage(notification, options.links));
      try {
        write(`${RULE}\n${text}\n${RULE}\n`);
        return { result: 'delivered' };
      } catch (error) {
        return { result: 'retry', reason: redact(`Cannot write: ${String(error)}`, []), after: null };
      }
    },
    async close() {},
  };
}
