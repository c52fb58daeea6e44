package prompt

import "strings"

// Pictures and sounds stand in a body as base64, hundreds of kilobytes of it, in members that engines decode to nothing else. No model reads those letters
// as words, so they are passed like sealed reasoning: a string counts as media if it is one run of base64 of more than MaxModel bytes; from the first other byte on it is
// text like any other, and what is shorter is no media that anybody has. Of a data URL only the types below are: an image in SVG or a document is text, whoever encodes it.

// mediaIn says how media may stand in a string that begins, or quiet if none may. What is of unknown kind is read, and so is
// what stands in a part whose kind is not known yet.
func (r *Reader) mediaIn(p *schema) words {
	if p.words < spokenUnlessBinary || r.unknown.strange > 0 || r.depth < 2 || r.stack[r.depth-1].unsettled || r.stack[r.depth-2].unsettled {
		return quiet
	}
	switch p.words {
	case mediaURL, mediaData:
		return p.words
	case spokenUnlessBinary:
		if r.stack[r.depth-1].source == sourceBinary && r.stack[r.depth-2].part == partImage {
			return mediaData
		}
	}
	return quiet
}

// mediaText takes the next piece of a string that may be media.
func (r *Reader) mediaText(p []byte, at int64, verbatim bool) {
	for n := 0; r.blob == mediaURL && !r.unsealed; n++ {
		if n == len(p) {
			return
		}
		if len(r.captured) == 0 {
			r.sealedAt, r.sealedVerbatim = at, true
		}
		r.sealedVerbatim = r.sealedVerbatim && verbatim
		r.captured = append(r.captured, p[n])
		whole, known := dataPrefix(r.captured)
		switch {
		case whole:
			r.blob = mediaData
		case known:
			continue
		default:
			r.beginUnsealed()
			r.sink.Text(r.captured, r.sealedAt, r.sealedVerbatim)
		}
		if p = p[n+1:]; verbatim {
			at += int64(n + 1)
		}
		break
	}
	if len(p) > 0 {
		r.worked -= int64(len(p) - len(p)/keptBytes) // it is looked at for its end, and not read
		r.sealedText(p, at, verbatim)
	}
}

// endMedia ends a string. What is too short to be media is heard.
func (r *Reader) endMedia() {
	if r.blob == quiet || r.unsealed || r.length > MaxModel {
		return
	}
	r.beginUnsealed()
	if len(r.captured) > 0 {
		r.sink.Text(r.captured, r.sealedAt, r.sealedVerbatim)
	}
}

// mediaTypes are the types of data URLs that hold media.
var mediaTypes = strings.Fields("image/png image/jpeg image/jpg image/gif image/webp image/bmp image/tiff image/heic image/heif image/avif " +
	"audio/wav audio/x-wav audio/mp3 audio/mpeg audio/mp4 audio/ogg audio/flac audio/aac audio/webm video/mp4 video/webm video/mpeg video/quicktime")

// dataPrefix says whether p is how a data URL of media begins, up to its data, and whether one may begin so.
func dataPrefix(p []byte) (whole, known bool) {
	const scheme, encoding = "data:", ";base64,"
	if len(p) <= len(scheme) {
		return false, string(p) == scheme[:len(p)]
	}
	p = p[len(scheme):]
	for _, t := range mediaTypes {
		if len(p) <= len(t) {
			if string(p) == t[:len(p)] {
				return false, true
			}
			continue
		}
		if rest := p[len(t):]; string(p[:len(t)]) == t && len(rest) <= len(encoding) && string(rest) == encoding[:len(rest)] {
			return len(rest) == len(encoding), true
		}
	}
	return false, false
}
