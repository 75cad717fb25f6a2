"""DRAFT, not in use: marks by a grey closing in either polarity, printed lines by projection, pieces by scipy.ndimage."""

import math
import numpy as np
from PIL import Image
from scipy import ndimage
from vae.framing import photo as P
S=.36; FLOOR=.45; CONTRAST=24/255
EIGHT=np.ones((3,3),bool)
def paper_under(shades):
    smooth=ndimage.uniform_filter(shades,3,mode='nearest')
    reach=int(S*max(shades.shape))|1
    # pad once by nearest, so the closing sees paper continue beyond the picture
    return ndimage.grey_closing(smooth,reach,mode='nearest')
def marks_of(shades):
    paper=paper_under(shades)
    return (1-shades/np.maximum(paper,1)).clip(0,1), paper
def runs(mask):
    labels,n=ndimage.label(mask,np.array([[0,1,0]]*3))
    return np.bincount(labels.ravel())[labels]*mask
def line_mask(mask, debug=None):
    """printed near-horizontal lines of mask"""
    H,W=mask.shape; SEG=8
    near=ndimage.minimum_filter1d(ndimage.maximum_filter1d(mask.view(np.uint8),3,axis=0),15,axis=1).astype(bool)&mask
    y,x=np.nonzero(near[:,::2]); x=x*2
    out=np.zeros_like(mask)
    if len(y)<W/4: return out
    seg=x*SEG//W
    pad=int(W*.15)+2
    per=np.bincount(np.arange(0,W,2)*SEG//W,minlength=SEG)
    def coverage(slope):
        off=np.rint(y-slope*(x-W/2)).astype(int)+pad
        ok=(off>=0)&(off<H+2*pad)
        c=np.bincount(off[ok]*SEG+seg[ok],minlength=(H+2*pad)*SEG).reshape(-1,SEG)/per
        c3=c.copy(); c3[1:]=np.maximum(c3[1:],c[:-1]); c3[:-1]=np.maximum(c3[:-1],c[1:])
        return c,c3
    angles=np.arange(-8,8.1,1.)
    best=max(angles,key=lambda a:(coverage(math.tan(math.radians(a)))[0].sum(1)**2).sum())
    runlen=runs(mask)
    limit=max(4,.02*max(mask.shape))
    yy,xx=np.arange(H)[:,None],np.arange(W)[None]
    taken=[]
    for a in sorted(best+np.arange(-1.25,1.3,.25),key=lambda a:abs(a-best)):
        slope=math.tan(math.radians(a))
        c,c3=coverage(slope)
        n=(c3>.6).sum(1)
        for off in np.flatnonzero(n>=7):
            # a line half out of the picture?
            taken.append((n[off],c[off].sum(),slope,off-pad))
    taken.sort(key=lambda t:(-t[0],-t[1]))
    done=[]
    for _,_,slope,off in taken:
        if any(abs(off-o)<4 and abs(slope-s)<.03 for s,o in done): continue
        line=off+slope*(np.arange(W)-W/2)
        d=np.abs(yy-line[None])
        on=mask&(d<=1.5)
        if not on.any(): continue
        t=np.median(runlen[on])
        if t>limit: continue
        done.append((slope,off))
        band=mask&(d<=t/2+2)&(runlen<=1.6*t+1)
        out|=band
    if debug is not None: debug.append((best,done))
    return out
def without_lines(mask):
    h=line_mask(mask); v=line_mask(np.ascontiguousarray(mask.T)).T
    return mask&~(h|v), (h|v)
def candidate(shades, debug=None):
    m,paper=marks_of(shades)
    grain=np.quantile(np.abs(m-np.roll(m,3,(0,1))),.25)/.45
    grain=float(np.quantile(np.abs(shades-np.roll(shades,3,(0,1))),.25)/.45)/255
    smooth=ndimage.uniform_filter(m,3)
    m=m.copy()
    for turn in range(4):
        peak=smooth.max()
        full=float(np.median(smooth[smooth>=peak/2]))
        if full<max(CONTRAST,6*grain): return None
        mask=m>FLOOR*full
        clean,lines=without_lines(mask)
        got=digits(clean,m,lines.any())
        if got is not None:
            f=around(m,got,FLOOR*full,shades,paper)
            return m,got,full,f,grain
        gone=ndimage.binary_dilation(mask,EIGHT,2)
        m[gone]=0; smooth[gone]=0
    return None
def digits(mask,m,lined):
    H,W=mask.shape; big=max(H,W)
    joined=ndimage.binary_dilation(mask,EIGHT,2 if lined else 1)
    labels,n=ndimage.label(joined,EIGHT)
    if n==0: return None
    labels=labels*mask
    idx=np.arange(1,n+1)
    weight=ndimage.sum_labels(m,labels,idx)
    boxes=ndimage.find_objects(labels)
    tall=np.array([max(b[0].stop-b[0].start,b[1].stop-b[1].start) if b else 0 for b in boxes])
    edge=np.concatenate([labels[0],labels[-1],labels[:,0],labels[:,-1]])
    contact=np.bincount(edge,minlength=n+1)[1:]
    ok=(tall>=max(5,.03*big))&(weight>0)
    free=ok&(contact==0)
    # boxes that enclose others
    for i in np.flatnonzero(free):
        b=boxes[i]
        own=labels[b]==i+1
        hole=ndimage.binary_fill_holes(own)&~own
        if own.sum()<.25*own.size and tall[i]>.25*big:
            others=np.unique(labels[b][hole]); others=others[others>0]
            if any(free[o-1] and tall[o-1]>.1*tall[i] for o in others): free[i]=False
    if not free.any():
        free=ok&(contact<.65*tall)
        if not free.any(): return None
    main=np.argmax(np.where(free,weight,0))
    keep=free&((weight>.15*weight[main])|(tall>.4*tall[main]))
    # near ones
    mb=boxes[main]; my,mx=(mb[0].start+mb[0].stop)/2,(mb[1].start+mb[1].stop)/2
    for i in range(n):
        b=boxes[i]
        if b is None or keep[i] or contact[i]: continue
        dy=max(mb[0].start-b[0].stop,b[0].start-mb[0].stop,0); dx=max(mb[1].start-b[1].stop,b[1].start-mb[1].stop,0)
        if max(dy,dx)<.1*tall[main]: keep[i]=True
    return np.concatenate([[False],keep])[labels]
def around(m,got,floor,shades,paper):
    ys,xs=np.nonzero(got); y0,y1,x0,x1=ys.min(),ys.max()+1,xs.min(),xs.max()+1
    k=max(y1-y0,x1-x0)//2
    sl=np.s_[max(0,y0-k):y1+k,max(0,x0-k):x1+k]
    level=np.median(shades[got]); pl=np.median(paper[got])
    near=ndimage.binary_dilation(got[sl],EIGHT,2)
    rest=~near
    if not rest.any(): return 1.
    cut=pl+(level-pl)*.5
    return float((shades[sl][rest]<cut).mean())
def ink(image, debug=None):
    shades=P._shades(image)
    found=[]
    for s in (shades,255-shades):
        c=candidate(s)
        if c is not None: found.append(c)
    if debug is not None: debug.extend(found)
    if not found: raise ValueError('nothing')
    m,got,full,f,grain=min(found,key=lambda c:c[3])
    keep=ndimage.binary_dilation(got,EIGHT,2)
    floor=FLOOR*full
    ink=np.where(keep,m,0)
    return (255*(ink-floor)/(full-floor)+.5).clip(0,255).astype(np.uint8)
