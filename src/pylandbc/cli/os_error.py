"""What the operating system refused, as a sentence that names the file and the remedy."""

from __future__ import annotations

import errno

_SENTENCES = {
    errno.ENOENT: "{file}: no such file or folder",
    errno.EEXIST: "{file} is a file where a folder is needed; name another place",
    errno.ENOTDIR: "{file}: a file stands where a folder is needed; name another place",
    errno.EISDIR: "{file} is a folder; name a file",
    errno.EACCES: "no permission for {file}; change its permissions or name another place",
    errno.EPERM: "no permission for {file}; change its permissions or name another place",
    errno.EROFS: "{file} lies on a file system that cannot be written; name another place",
    errno.ENOSPC: "no space left for {file}; make room or name another place",
    errno.EDQUOT: "no quota left for {file}; make room or name another place",
}


def in_words(error: OSError) -> str:
    """The sentence; the system's own where it names no file or is of another kind."""
    if error.filename is None or error.strerror is None:
        return str(error)
    file = error.filename.decode() if isinstance(error.filename, bytes) else error.filename
    return _SENTENCES.get(error.errno or 0, f"{{file}}: {error.strerror}").format(file=file)
