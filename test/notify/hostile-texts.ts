/** Every place of a message that shows a text at all shows all of one as short as this. */
export const MAX_ATTACK = 40;

/** Texts as a hostile producer would write them, in the markup of every receiver, each at most `MAX_ATTACK` long. */
export const ATTACKS: readonly string[] = [
  // Slack: mentions, links, entities
  '<!channel> <@U123> <!here|x> <#C1> @he',
  '<http://evil.example|Runbook> &lt;b&gt;',
  // Markdown and Discord: links, escapes, code, mentions, emphasis, lines
  '[Ack](http://evil.example) @everyone \\',
  '``` ` code ``` ` :x: <:x:1> <t:1:R> `',
  '*b* _i_ ~s~ ||z|| __y__\n# h\n> q\n- i',
  // HTML
  '</title></td></code><script>x()</script>',
  `"><img src=x onerror=x>' x='<style><!--`,
  // Telegram, and what makes links by itself
  '@victim #tag /stop $EVIL tg://u evil.com',
  // Mail and HTTP
  '\r\nBcc: victim@evil.example\r\n\r\nbody',
  '=?utf-8?q?=0d=0aBcc:_x?= ../..//%0d%0a?',
  // Terminals, invisible characters, JSON, templates
  '\u202e\u2066\u200b\ufeff\u0000\u001b[31m\u2028\u0085\ud800\u{e0041}e\u0301\u0302\u0303\u0304\u009bx',
  '__proto__","x":"y"},{ {traceId} &#60;',
];
