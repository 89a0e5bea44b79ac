'use client';
/** What an event did, as a sentence about files, buyers and sellers. */
import { shorten } from '@/components/ui/copy.tsx';
import type { Deed } from '@/lib/chain/payments.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

export function DeedLine({ deed }: { deed: Deed }) {
  const { t, format } = useVoice();
  const amount = (wei: bigint) => format.money(wei);
  switch (deed.kind) {
    case 'deposited':
      return t('deed.deposited', {
        payer: shorten(deed.payer),
        seller: shorten(deed.seller),
        wei: amount(deed.wei),
      });
    case 'depositedMany':
      return t('deed.depositedMany', {
        payer: shorten(deed.payer),
        wei: amount(deed.wei),
        sellers: format.number(deed.sellers),
      });
    case 'claimed':
      return t('deed.claimed', { wei: amount(deed.wei) });
    case 'claimedMany':
      return t('deed.claimedMany', {
        seller: shorten(deed.seller),
        wei: amount(deed.wei),
        buyers: format.number(deed.buyers),
      });
    case 'settled':
      return t('deed.settled', { seller: shorten(deed.seller), wei: amount(deed.wei) });
    case 'withdrawBegun':
      return t('deed.withdrawBegun', {
        seller: shorten(deed.seller),
        wei: amount(deed.wei),
        time: format.date(deed.readyAtMs),
      });
    case 'withdrawn':
      return t('deed.withdrawn', { payer: shorten(deed.payer), wei: amount(deed.wei) });
    case 'refunded':
      return t('deed.refunded', { wei: amount(deed.wei) });
    case 'reserved':
      return t('deed.reserved', { payer: shorten(deed.payer), wei: amount(deed.wei) });
    case 'unreserved':
      return t('deed.unreserved', { payer: shorten(deed.payer), wei: amount(deed.wei) });
    case 'paid':
      return t('deed.paid', {
        payer: shorten(deed.payer),
        wei: amount(deed.rows.reduce((sum, row) => sum + row.wei, 0n)),
        sellers: format.number(deed.rows.length),
        bytes: format.bytes(deed.rows.reduce((sum, row) => sum + row.chunks, 0) * 262_144),
      });
  }
}
