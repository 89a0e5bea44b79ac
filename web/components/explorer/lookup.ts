/** What somebody typed into the explorer → a block, a transaction or an address. Pure. */
export type Lookup =
  /** `id` is a number or the hash of a block. */
  | { readonly kind: 'block'; readonly id: string }
  | { readonly kind: 'transaction'; readonly id: string }
  | { readonly kind: 'address'; readonly id: string };

export function parseLookup(text: string): Lookup | undefined {
  const bare = text.trim().replace(/[\s,.\u202f\u00a0]/g, '');
  if (/^\d{1,15}$/.test(bare)) return { kind: 'block', id: String(Number(bare)) };
  if (/^0x[0-9a-fA-F]{40}$/.test(bare)) return { kind: 'address', id: bare };
  // A hash may be a transaction's or a block's; the view of a transaction tries both.
  if (/^0x[0-9a-fA-F]{64}$/.test(bare)) return { kind: 'transaction', id: bare.toLowerCase() };
  return undefined;
}

export const linkOf = ({ kind, id }: Lookup): string => `#/${kind === 'transaction' ? 'tx' : kind}/${id}`;
