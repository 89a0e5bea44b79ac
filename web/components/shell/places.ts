/** Where one can go, in the order of the menu. */
import type { IconName } from '@/components/ui/icon.tsx';
import type { MessageKey } from '@/lib/i18n/messages.ts';

export interface Place {
  readonly href: string;
  readonly name: MessageKey;
  /** The three that are always in sight on a phone. */
  readonly icon?: IconName;
}

export const PLACES: readonly Place[] = [
  { href: '/', name: 'nav.get', icon: 'get' },
  { href: '/catalogue', name: 'nav.catalogue' },
  { href: '/share', name: 'nav.share', icon: 'share' },
  { href: '/wallet', name: 'nav.wallet', icon: 'wallet' },
  { href: '/earnings', name: 'nav.earnings' },
  { href: '/mine', name: 'nav.mine' },
  { href: '/network', name: 'nav.network' },
  { href: '/explorer', name: 'nav.explorer' },
  { href: '/settings', name: 'nav.settings' },
];

/** `/share/` and `/share` are one place. */
export const isHere = (href: string, path: string): boolean => (path.replace(/\/+$/, '') || '/') === href;
