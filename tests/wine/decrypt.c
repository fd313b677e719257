/*
 * secur32.dll with one mend. Where a TLS record is not all there, wine 8's DecryptMessage names its whole length as what
 * is missing, where Windows names the rest; whoever waits for so much waits for ever. The number is not obligatory, and
 * without it the caller reads what there is.
 */
#define SECURITY_WIN32
#include <windows.h>
#include <sspi.h>

SECURITY_STATUS WINAPI Decrypt(PCtxtHandle context, PSecBufferDesc message, ULONG number, PULONG quality) {
    SECURITY_STATUS status = DecryptMessage(context, message, number, quality);
    for (ULONG i = 0; status == SEC_E_INCOMPLETE_MESSAGE && i < message->cBuffers; i++)
        if (message->pBuffers[i].BufferType == SECBUFFER_MISSING) message->pBuffers[i].BufferType = SECBUFFER_EMPTY;
    return status;
}
