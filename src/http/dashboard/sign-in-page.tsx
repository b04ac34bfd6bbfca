import { htmlPage } from './layout.tsx';
import type { Child } from './markup.ts';
import { h } from './markup.ts';

/** What the page says above its form. */
export type SignInNotice = 'unknown-token' | 'signed-out' | 'no-tls' | null;

const NOTICES: Readonly<Record<Exclude<SignInNotice, null>, string>> = {
  'unknown-token':
    'This token is not known. Tokens are the secrets in BURNWATCH_TOKENS or in the token file.',
  'signed-out': 'You are signed out.',
  'no-tls':
    'Signing in needs https, or a browser on the machine that Burnwatch runs on: over plain http everyone on the way could read the token. Put a proxy with TLS in front and set BURNWATCH_PUBLIC_URL or BURNWATCH_TRUSTED_PROXIES.',
};

/**
 * The page where people sign in. `next` is where they go then. `again`: the browser came from another site and therefore sent no
 * cookie, so the page asks itself anew once, which sends it.
 */
export function signInPage(options: {
  readonly base: string;
  readonly next: string;
  readonly notice: SignInNotice;
  readonly again: boolean;
}): string {
  const { base, next, notice, again } = options;
  const bad = notice === 'unknown-token' || notice === 'no-tls';
  const message: Child =
    notice === null ? null : (
      <p id="notice" class={bad ? 'notice bad' : 'notice'} role={bad ? 'alert' : 'status'}>
        {NOTICES[notice]}
      </p>
    );
  return htmlPage({
    title: 'Sign in',
    base,
    icon: 'dashboard.svg',
    head: again ? <meta http-equiv="refresh" content="0" /> : null,
    main: (
      <main id="main" class="sign-in">
        <h1>Sign in</h1>
        {message}
        <form method="post" action={`${base}/login`} class="sign-in-form">
          <input type="hidden" name="next" value={next} /> <label for="token">Token</label>{' '}
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            required
            autofocus
            spellcheck="false"
            aria-describedby="hint"
          />
          <p id="hint">
            <small>A token with the scope read. You stay signed in for 12 hours.</small>
          </p>
          <button type="submit">Sign in</button>
        </form>
      </main>
    ),
  });
}
