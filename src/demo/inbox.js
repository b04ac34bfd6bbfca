// Asks for the page every second and adds the messages that are new; those shown already, with whatever was
// unfolded or scrolled in them, are left alone.
const EVERY = 1000;

async function refresh() {
  try {
    const answer = await fetch('/inbox', { cache: 'no-store' });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // The service is stopping or starting again: the next request tells.
  }
  setTimeout(refresh, EVERY);
}

function show(latest) {
  const messages = document.getElementById('messages');
  for (const article of [...latest.querySelectorAll('article')].toReversed()) {
    if (!document.getElementById(article.id)) messages.prepend(document.adoptNode(article));
  }
  for (const id of ['count', 'last']) {
    document.getElementById(id).textContent = latest.getElementById(id).textContent;
  }
  document.title = latest.title;
}

setTimeout(refresh, EVERY);
