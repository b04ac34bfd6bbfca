import { createHash } from 'node:crypto';

/**
 * The key that receivers know an incident by: the same in all its notifications, of at most 255 characters that stand in a path
 * and a header as they are.
 */
export function conversationKey(incident: string): string {
  const key = `burnwatch/${incident}`;
  if (key.length <= 255 && /^[\w./-]+$/.test(key)) return key;
  return `burnwatch/${createHash('sha256').update(incident).digest('hex')}`;
}
