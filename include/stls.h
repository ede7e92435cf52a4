/*
 * What stls's libtls can do beyond the API of tls.h. Other libraries of that name lack these functions.
 */
#ifndef STLS_STLS_H
#define STLS_STLS_H

#include <tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Chooses the TLS engine, "libssl" or "bearssl"; NULL: $STLS_ENGINE, else the first that was built in. 0, or
 * -1 and a sentence from tls_config_error.
 */
int stls_config_set_engine(struct tls_config* config, const char* engine);

#ifdef __cplusplus
}
#endif

#endif
