/**
 * Runs in the head of each page, before anything is painted: the chosen theme, and whether the reader waits for another language.
 * A constant, since its hash stands in the content security policy. It reads local storage and the browser's languages.
 */
export const WAKE_SCRIPT = `(function(){var r=document.documentElement,s={};try{s=JSON.parse(localStorage.getItem('chiral.settings')||'{}')||{}}catch(e){}
var m=matchMedia('(prefers-color-scheme: dark)');function p(){r.dataset.theme=s.theme==='light'||s.theme==='dark'?s.theme:m.matches?'dark':'light'}p();
var l=s.language||navigator.languages.map(function(t){return t.toLowerCase().split('-')[0]}).find(function(t){return['en','es','ru','zh','ko'].indexOf(t)>=0})||'en';
if(l!=='en'){r.lang=l;r.dataset.awaiting=''}})()`;
