// Go's programs for Windows load this library for random numbers, which Wine 8 does not have.
// It is advapi32's generator under the name that they ask for.
__declspec(dllimport) unsigned char SystemFunction036(void *buffer, unsigned long length);
__declspec(dllexport) int ProcessPrng(void *buffer, unsigned long long length) { return SystemFunction036(buffer, (unsigned long)length); }
