'use client';
/** A link to another place of the page. It is fetched when somebody reaches for it, not beside the first view. */
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { ComponentProps } from 'react';

export function PlaceLink({ href, ...rest }: Omit<ComponentProps<typeof Link>, 'href'> & { href: string }) {
  const router = useRouter();
  const reach = () => router.prefetch(href);
  return <Link {...rest} href={href} prefetch={false} onPointerEnter={reach} onFocus={reach} />;
}
