import type { AlertLevel } from '../../core/ports/queries.ts';

const FLAME = `<path fill="#fff" d="M16.5 4.5c.8 4.2 6.9 7 6.9 13.7a7.4 7.4 0 0 1-14.8 0c0-3.2 1.7-5.4 3.3-7 .3 1.9 1 3 2.1 3.600-.4-4 .6-7.800 2.500-10.300z"/>`;
/** In a tab a few pixels wide only the ground's colour and a rough shape are seen. */
const LOOKS: Readonly<Record<AlertLevel, { readonly ground: string; readonly shape: string }>> = {
  page: {
    ground: '#b91c1c',
    shape: '<path fill="#fff" d="M13 4.500h6l-1 15h-4z"/><circle fill="#fff" cx="16" cy="24.500" r="3"/>',
  },
  ticket: { ground: '#d97706', shape: `${FLAME}<circle fill="#fff" cx="26" cy="6" r="3"/>` },
  none: { ground: '#44403c', shape: FLAME },
};

/** The icon of a page whose severest open alert is this: red with an exclamation mark, amber with a dot, or calm. */
export function iconSvg(alert: AlertLevel): string {
  const { ground, shape } = LOOKS[alert];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${ground}"/>${shape}</svg>`;
}
