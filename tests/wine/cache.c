/* cache URL FILE: puts a revocation list into the cache, as if it had come from URL, for some weeks. */
#include <windows.h>
#include <wininet.h>

int main(int argc, char **argv) {
    char place[MAX_PATH];
    FILETIME now, later;
    GetSystemTimeAsFileTime(&now);
    later = now;
    later.dwHighDateTime += 10000;
    return argc == 3 && CreateUrlCacheEntryA(argv[1], 0, "crl", place, 0) && CopyFileA(argv[2], place, FALSE)
        && CommitUrlCacheEntryA(argv[1], place, later, now, NORMAL_CACHE_ENTRY, NULL, 0, NULL, NULL) ? 0 : 1;
}
