'use client';
/** Sellers by way of transfer. By hand, a group and a seller each have a box; automatic shows the same list without boxes. */
import { shorten } from '@/components/ui/copy.tsx';
import { Tag } from '@/components/ui/layout.tsx';
import type { ProtocolName } from '@/lib/engine/types.ts';
import type { OfferGroup, Pick } from '@/lib/get/offers.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { ProtocolTag } from './protocol.tsx';

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

export function OfferList({
  groups,
  pick,
  onPick,
}: {
  groups: readonly OfferGroup[];
  pick: Pick | undefined;
  onPick: (pick: Pick) => void;
}) {
  const { t, format } = useVoice();
  return (
    <div className="pb-2">
      {groups.map(({ protocol, isUsable, offers }) => {
        const isOn = isUsable && (!pick || pick.protocols.has(protocol));
        return (
          <section key={protocol} aria-label={t(`protocol.${protocol}`)} className="border-t border-line">
            <div className="flex min-h-12 items-center gap-3 px-4 sm:px-6">
              {pick && isUsable ? (
                <input
                  type="checkbox"
                  aria-label={t('get.useProtocol', { name: t(`protocol.${protocol}`) })}
                  checked={pick.protocols.has(protocol)}
                  onChange={() => onPick({ ...pick, protocols: toggled<ProtocolName>(pick.protocols, protocol) })}
                  className="size-4 accent-(--accent)"
                />
              ) : null}
              <ProtocolTag protocol={protocol} note={format.number(offers.length)} />
              <span className="ml-auto text-right text-xs text-soft">
                {isUsable ? t(`protocol.${protocol}.note`) : t('get.notInBrowser')}
              </span>
            </div>
            <ul className={`pb-2 ${isOn ? '' : 'opacity-60'}`}>
              {offers.map((offer) => (
                <li
                  key={offer.peer}
                  className="grid min-h-12 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 text-sm sm:px-6"
                >
                  {pick && isUsable ? (
                    <input
                      type="checkbox"
                      aria-label={t('get.useSeller', { name: shorten(offer.wallet) })}
                      checked={pick.peers.has(offer.peer)}
                      onChange={() => onPick({ ...pick, peers: toggled(pick.peers, offer.peer) })}
                      className="size-4 accent-(--accent)"
                    />
                  ) : (
                    <span className="w-4" />
                  )}
                  <span className="min-w-0">
                    <span className="block truncate font-mono text-xs" title={offer.wallet}>
                      {shorten(offer.wallet)}
                    </span>
                    <span className="tabular block text-xs text-soft">
                      {t('get.answered', { ms: format.number(Math.round(offer.answeredMs)) })}
                      {offer.heldChunks < offer.totalChunks
                        ? ` · ${t('get.hasPart', { share: format.percent(offer.heldChunks / offer.totalChunks) })}`
                        : ''}
                    </span>
                    <span className="tabular mt-0.5 flex flex-wrap items-center gap-2 text-xs text-soft">
                      {offer.known.badChunks > 0 ? (
                        <Tag tone="bad">{t('get.sentBad', { count: format.number(offer.known.badChunks) })}</Tag>
                      ) : offer.known.bytes > 0 ? (
                        <Tag tone="good">{t('get.delivered', { bytes: format.bytes(offer.known.bytes) })}</Tag>
                      ) : (
                        t('get.isNew')
                      )}
                    </span>
                  </span>
                  <span className="tabular text-right">
                    <span className="block font-medium">
                      {offer.totalWei === 0n ? t('get.free') : format.money(offer.totalWei, 'up')}
                    </span>
                    <span className="block text-xs text-soft">
                      {offer.totalWei === 0n ? '' : t('get.perGb', { price: format.perGigabyte(offer.weiPerMiB) })}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
