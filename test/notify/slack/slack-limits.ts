import type { SlackPayload } from '../../../src/notify/slack/slack-blocks.ts';

/** Every text of a payload that Slack shows or reads. */
export function slackTexts({ text, blocks }: SlackPayload): string[] {
  return [
    ...text.split('\n'),
    ...blocks
      .flatMap((block) => {
        if (block.type === 'context') return block.elements.map((element) => element.text);
        return 'fields' in block ? block.fields.map((field) => field.text) : [block.text.text];
      })
      .flatMap((shown) => shown.split('\n')),
  ];
}

/** The limits of Slack's Block Kit that a payload breaks, in words. */
export function slackLimitsBroken(payload: SlackPayload): string[] {
  const { text, blocks } = payload;
  const broken: string[] = [];
  const limit = (what: string, actual: number, least: number, most: number) => {
    if (actual < least || actual > most) broken.push(`${what}: ${actual}, not ${least} to ${most}`);
  };
  limit('characters in all', JSON.stringify(payload).length, 1, 7_999);
  limit('blocks', blocks.length, 1, 50);
  limit('push text', text.length, 1, 3_000);
  for (const block of blocks) {
    switch (block.type) {
      case 'header':
        limit('header', block.text.text.length, 1, 150);
        break;
      case 'section':
        if ('fields' in block) {
          limit('fields', block.fields.length, 1, 10);
          for (const field of block.fields) limit('field', field.text.length, 1, 2_000);
        } else {
          limit('section', block.text.text.length, 1, 3_000);
        }
        break;
      case 'context':
        limit('elements', block.elements.length, 1, 10);
        for (const element of block.elements) limit('element', element.text.length, 1, 2_000);
        break;
      default:
        return block satisfies never;
    }
  }
  return broken;
}
