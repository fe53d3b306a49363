/**
 * The report's script. The page reads well without it; it adds search, filter, order, copying of filters, the theme's
 * switch, and the map's highlight. Plain JavaScript of current browsers; it makes no request and no markup from text.
 */
export const SCRIPT = `
'use strict';
const all=(selector,root=document)=>[...root.querySelectorAll(selector)];
const make=(tag,properties={},...children)=>{const node=Object.assign(document.createElement(tag),properties);node.append(...children);return node};
const SEVERITIES=['critical','high','medium','low','info','none'];
const name=severity=>severity==='none'?'No finding':severity[0].toUpperCase()+severity.slice(1);

const root=document.documentElement;
const remembered=()=>{try{return localStorage.getItem('fleetward-theme')}catch{return null}};
const themes=['system','light','dark'];
let theme=themes.includes(remembered())?remembered():'system';
const button=document.querySelector('.theme');
const applyTheme=()=>{
  if(theme==='system')delete root.dataset.theme;else root.dataset.theme=theme;
  button.textContent='Theme: '+theme;
  try{localStorage.setItem('fleetward-theme',theme)}catch{}
};
button.hidden=false;
button.addEventListener('click',()=>{theme=themes[(themes.indexOf(theme)+1)%3];applyTheme()});
applyTheme();

for(const tools of all('[data-tools]')){
  const kind=tools.dataset.tools;
  const list=document.querySelector('[data-list="'+kind+'"]');
  const items=[...list.children];
  const texts=new Map(items.map(item=>[item,(item.firstElementChild.textContent+' '+(item.dataset.search||'')).toLowerCase()]));
  const chosen=new Set();
  const search=make('input',{type:'search',placeholder:'Search '+kind});
  search.setAttribute('aria-label','Search '+kind);
  const shown=make('output');
  const chips=make('div',{className:'chips'});
  chips.setAttribute('role','group');
  chips.setAttribute('aria-label','Severity');
  const apply=()=>{
    const words=search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let number=0;
    for(const item of items){
      const fits=(chosen.size===0||chosen.has(item.dataset.severity))&&words.every(word=>texts.get(item).includes(word));
      item.hidden=!fits;
      if(fits)number++;
    }
    shown.textContent=number===items.length?'':number+' of '+items.length;
  };
  for(const severity of SEVERITIES){
    const number=items.filter(item=>item.dataset.severity===severity).length;
    if(number===0)continue;
    const chip=make('button',{type:'button',className:'quiet',textContent:name(severity)+' '+number});
    chip.setAttribute('aria-pressed','false');
    chip.addEventListener('click',()=>{
      const on=!chosen.has(severity);
      if(on)chosen.add(severity);else chosen.delete(severity);
      chip.setAttribute('aria-pressed',String(on));
      apply();
    });
    chips.append(chip);
  }
  search.addEventListener('input',apply);
  tools.append(search,chips);
  if(kind==='devices'){
    const order=make('select',{},...[['rank','risk'],['name','name'],['bytes','traffic']].map(([value,text])=>make('option',{value,textContent:text})));
    const by={
      rank:(a,b)=>a.dataset.rank-b.dataset.rank,
      name:(a,b)=>texts.get(a).localeCompare(texts.get(b)),
      bytes:(a,b)=>b.dataset.bytes-a.dataset.bytes,
    };
    order.addEventListener('change',()=>list.append(...items.sort(by[order.value])));
    tools.append(make('label',{},'Order by',order));
  }
  const toggle=make('button',{type:'button',className:'quiet',textContent:'Open all'});
  toggle.addEventListener('click',()=>{
    const open=toggle.textContent==='Open all';
    for(const item of items)item.open=open;
    toggle.textContent=open?'Close all':'Open all';
  });
  tools.append(toggle,shown);
  tools.hidden=false;
}

const reveal=()=>{
  const target=location.hash.length>1&&document.getElementById(location.hash.slice(1));
  if(!target)return;
  for(let at=target;at;at=at.parentElement){
    if(at.tagName==='DETAILS')at.open=true;
    at.hidden=false;
  }
  target.scrollIntoView();
};
addEventListener('hashchange',reveal);
document.addEventListener('click',event=>{
  const link=event.target.closest&&event.target.closest('a[href^="#"]');
  if(link&&link.getAttribute('href')===location.hash)reveal();
});
reveal();

for(const code of all('.filter')){
  const copy=make('button',{type:'button',className:'quiet copy',textContent:'Copy'});
  copy.setAttribute('aria-label','Copy filter '+code.textContent);
  copy.addEventListener('click',async()=>{
    try{await navigator.clipboard.writeText(code.textContent);copy.textContent='Copied'}
    catch{getSelection().selectAllChildren(code);copy.textContent='Selected'}
    setTimeout(()=>{copy.textContent='Copy'},1500);
  });
  code.after(copy);
}

const map=document.querySelector('svg.map');
if(map){
  const links=all('.link',map);
  const nodes=all('.node',map);
  const pick=node=>{
    map.classList.toggle('picked',Boolean(node));
    if(!node)return;
    const number=node.dataset.n;
    const lit=new Set([number]);
    for(const link of links){
      const on=link.dataset.a===number||link.dataset.b===number;
      link.classList.toggle('lit',on);
      if(on)lit.add(link.dataset.a).add(link.dataset.b);
    }
    for(const each of nodes)each.classList.toggle('lit',lit.has(each.dataset.n));
  };
  const nodeOf=event=>event.target.closest('.node')||event.target.querySelector&&event.target.tagName==='a'&&event.target.querySelector('.node');
  map.addEventListener('pointerover',event=>pick(nodeOf(event)));
  map.addEventListener('pointerleave',()=>pick(null));
  // On the frame: a listener for focus would make the drawing itself a stop of the keyboard.
  map.parentElement.addEventListener('focusin',event=>pick(nodeOf(event)));
  map.parentElement.addEventListener('focusout',()=>pick(null));
}

let wasClosed=[];
addEventListener('beforeprint',()=>{wasClosed=all('details:not([open])');for(const each of wasClosed)each.open=true});
addEventListener('afterprint',()=>{for(const each of wasClosed)each.open=false});
`;
