'use client';
/** Settings: how the page looks and speaks, what a download may cost, where the network begins. All of it stays in this browser. */
import { useEffect, useState } from 'react';
import { NoNode, useOwnNode } from '@/components/own-node.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice, Field } from '@/components/ui/field.tsx';
import { PageHead, Panel } from '@/components/ui/layout.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { decimalOf, parseChi } from '@/lib/i18n/format.ts';
import { LANGUAGES, type Language } from '@/lib/i18n/messages.ts';
import { saveSettings, useSettings } from '@/lib/settings.ts';

export function SettingsPage() {
  const { t } = useVoice();
  const own = useOwnNode();
  const { forgetNode } = useHome();
  return (
    <>
      <PageHead title={t('settings.title')} lead={t('settings.lead')} />
      <div className="flex max-w-3xl flex-col gap-6">
        <Look />
        <Spending />
        <Nodes />
        <Storage />
        <Panel flush title={t('settings.node')} className="overflow-hidden">
          {own ? (
            <div className="flex flex-wrap items-center justify-between gap-4 px-4 pb-6 sm:px-6">
              <p className="text-sm text-soft">{t('settings.nodeText', { version: own.status.version })}</p>
              <Button onClick={forgetNode}>{t('settings.forget')}</Button>
            </div>
          ) : (
            <NoNode />
          )}
        </Panel>
      </div>
    </>
  );
}

function Look() {
  const { t, language, setLanguage } = useVoice();
  const { theme } = useSettings();
  return (
    <Panel title={t('settings.look')}>
      <div className="flex flex-col gap-6">
        <Choice
          label={t('settings.theme')}
          value={theme}
          onChange={(value) => saveSettings({ theme: value })}
          options={[
            { value: 'system', label: t('settings.system') },
            { value: 'light', label: t('settings.light') },
            { value: 'dark', label: t('settings.dark') },
          ]}
        />
        <Choice<Language>
          label={t('shell.language')}
          value={language}
          onChange={setLanguage}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }))}
        />
      </div>
    </Panel>
  );
}

function Spending() {
  const { t } = useVoice();
  const toast = useToast();
  const { capWei } = useSettings();
  const [text, setText] = useState<string>();
  const shown = text ?? (capWei === undefined ? '' : decimalOf(capWei));
  const wei = shown.trim() === '' ? undefined : parseChi(shown);
  const isWrong = shown.trim() !== '' && wei === undefined;
  return (
    <Panel title={t('settings.spending')} lead={t('settings.spendingText')}>
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWrong) return;
          saveSettings({ capWei: wei === undefined ? undefined : `${wei}` });
          setText(undefined);
          toast(t('settings.saved'));
        }}
      >
        <Field
          className="w-56"
          label={t('get.cap')}
          suffix="CHI"
          inputMode="decimal"
          value={shown}
          placeholder={t('settings.noCap')}
          fault={isWrong ? t('get.capFault') : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" className={isWrong ? 'mb-6' : ''}>
          {t('action.save')}
        </Button>
      </form>
    </Panel>
  );
}

function Nodes() {
  const { t } = useVoice();
  const toast = useToast();
  const { site, rpcUrl } = useHome();
  const settings = useSettings();
  const [node, setNode] = useState('');
  const [rpc, setRpc] = useState<string>();
  const isNode = /^https?:\/\/./.test(node.trim()) || /^\/(ip4|ip6|dns|dns4|dns6)\//.test(node.trim());
  const rpcText = rpc ?? settings.rpcUrl ?? '';
  const isRpcWrong = rpcText.trim() !== '' && !/^https?:\/\/./.test(rpcText.trim());
  return (
    <Panel title={t('settings.network')} lead={t('settings.networkText')}>
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isNode) return;
          saveSettings({ nodes: [...new Set([...settings.nodes, node.trim()])] });
          setNode('');
        }}
      >
        <Field
          className="min-w-0 flex-1 basis-72"
          label={t('settings.addNode')}
          placeholder="https://"
          value={node}
          onChange={(event) => setNode(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" disabled={!isNode}>
          {t('action.add')}
        </Button>
      </form>
      <ul className="mt-4 divide-y divide-line">
        {site.bootstrap.map((address) => (
          <li key={address} className="flex items-center justify-between gap-4 py-3 text-sm">
            <span className="min-w-0 font-mono text-xs break-all">{address}</span>
            <span className="text-xs whitespace-nowrap text-soft">{t('settings.fromSite')}</span>
          </li>
        ))}
        {settings.nodes.map((address) => (
          <li key={address} className="flex items-center justify-between gap-4 py-2 text-sm">
            <span className="min-w-0 font-mono text-xs break-all">{address}</span>
            <Button
              size="small"
              look="quiet"
              onClick={() => saveSettings({ nodes: settings.nodes.filter((other) => other !== address) })}
            >
              {t('action.remove')}
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="mt-4 flex flex-wrap items-end gap-3 border-t border-line pt-6"
        onSubmit={(event) => {
          event.preventDefault();
          if (isRpcWrong) return;
          saveSettings({ rpcUrl: rpcText.trim() || undefined });
          setRpc(undefined);
          toast(t('settings.saved'));
        }}
      >
        <Field
          className="min-w-0 flex-1 basis-72"
          label={t('settings.rpc')}
          placeholder={rpcUrl ?? 'http://127.0.0.1:8545'}
          value={rpcText}
          fault={isRpcWrong ? t('settings.rpcFault') : undefined}
          onChange={(event) => setRpc(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit">{t('action.save')}</Button>
      </form>
    </Panel>
  );
}

function Storage() {
  const { t, format } = useVoice();
  const [use, setUse] = useState<{ used: number; quota: number }>();
  useEffect(() => {
    // Not there where the page is not served securely.
    void navigator.storage
      ?.estimate()
      .then(({ usage = 0, quota = 0 }) => setUse({ used: usage, quota }))
      .catch(() => {});
  }, []);
  return (
    <Panel title={t('settings.storage')}>
      <p className="text-sm text-soft">
        {use
          ? t('settings.storageText', { used: format.bytes(use.used), quota: format.bytes(use.quota) })
          : t('settings.storageUnknown')}
      </p>
    </Panel>
  );
}
