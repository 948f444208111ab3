#include "coder.h"

#include <stdlib.h>

#define G722_BITS 64000 /* RFC 3551 clause 4.5.2 knows no other rate */

static bool make_parts(struct coder *c)
{
    if (c->codec == CODEC_OPUS)
        return opus_port_init(&c->opus);
    c->g722_in = g722_decode_init(NULL, G722_BITS, G722_SAMPLE_RATE_8000);
    c->g722_out = g722_encode_init(NULL, G722_BITS, G722_SAMPLE_RATE_8000);
    return c->g722_in && c->g722_out;
}

struct coder *coder_new(enum switch_codec codec)
{
    struct coder *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->object.kind = OBJECT_CODER;
    c->codec = codec;
    if (!make_parts(c)) {
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
    opus_port_free(&c->opus);
    free(c);
}
