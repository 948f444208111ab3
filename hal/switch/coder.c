#include "coder.h"

#include <stdlib.h>

#define G722_BITS 64000 /* RFC 3551 clause 4.5.2 knows no other rate */

struct coder *coder_new(enum switch_codec codec)
{
    struct coder *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->object.kind = OBJECT_CODER;
    c->codec = codec;
    c->g722_in = g722_decode_init(NULL, G722_BITS, G722_SAMPLE_RATE_8000);
    c->g722_out = g722_encode_init(NULL, G722_BITS, G722_SAMPLE_RATE_8000);
    if (c->g722_in == NULL || c->g722_out == NULL) {
        coder_free(c);
        return NULL;
    }
    return c;
}

void coder_free(struct coder *c)
{
    if (c->g722_in)
        g722_decode_free(c->g722_in);
    if (c->g722_out)
        g722_encode_free(c->g722_out);
    free(c);
}
