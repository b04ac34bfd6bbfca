// Asks for the page every second and adds the messages that are new; those shown already, with whatever was
// unfolded or scrolled in them, are left alone.
const EVERY = 1000;

async function refresh() {
  try {
    const answer = await fetch('/inbox', { cache: 'no-store' });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // The service is stopping or starting again: the next request will show.
  }
  setTimeout(() => void refresh(), EVERY);
}

function show(latest) {
  const messages = document.getElementById('messages');
  for (const article of [...latest.querySelectorAll('article')].toReversed()) {
    if (document.getElementById(article.id)) continue;
    messages.prepend(document.adoptNode(article));
    fitFrames(article);
  }
  for (const id of ['count', 'last']) {
    document.getElementById(id).textContent = latest.getElementById(id).textContent;
  }
  document.title = latest.title;
}

/** Makes the frames of mails as high as what they hold. */
function fitFrames(within) {
  for (const frame of within.querySelectorAll('iframe')) {
    const fit = () => {
      const content = frame.contentDocument?.documentElement;
      if (content) frame.style.height = `${content.getBoundingClientRect().height}px`;
    };
    frame.addEventListener('load', fit);
    new ResizeObserver(fit).observe(frame);
  }
}

fitFrames(document);
setTimeout(() => void refresh(), EVERY);
