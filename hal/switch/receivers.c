#include "receivers.h"

#include <stdlib.h>
#include <string.h>

static void dtmf_heard(void *to, int digit, int level, int delay)
{
    (void)level;
    (void)delay;
    struct receivers *r = to;
    if (digit == 0) /* the end of a digit */
        return;
    struct switch_event event = {.kind = EVENT_DIGIT, .a = digit, .b = DIGIT_INBAND};
    r->report(r->to, &event);
}

static void tone_ended(void *to, int f1_hz, int f2_hz, int ms)
{
    struct receivers *r = to;
    struct switch_event event = {.kind = EVENT_TONE, .a = f1_hz, .b = f2_hz, .c = ms};
    r->report(r->to, &event);
}

static void identity_heard(struct receivers *r, int standard, const uint8_t *message, int length)
{
    struct switch_event event = {.kind = EVENT_CALLER_ID, .a = standard};
    if (length < 1 || length > (int)sizeof event.octets)
        return;
    event.length = (uint32_t)length;
    memcpy(event.octets, message, (size_t)length);
    r->report(r->to, &event);
}

static void v23_heard(void *to, const uint8_t *message, int length)
{
    identity_heard(to, DETECT_CALLER_ID_V23, message, length);
}

static void bell202_heard(void *to, const uint8_t *message, int length)
{
    identity_heard(to, DETECT_CALLER_ID_BELL202, message, length);
}

static void dtmf_id_heard(void *to, const uint8_t *message, int length)
{
    identity_heard(to, DETECT_CALLER_ID_DTMF, message, length);
}

static bool make_parts(struct receivers *r)
{
    if (r->what & DETECT_DTMF) {
        if ((r->dtmf = dtmf_rx_init(NULL, NULL, NULL)) == NULL)
            return false;
        dtmf_rx_set_realtime_callback(r->dtmf, dtmf_heard, r);
        dtmf_rx_parms(r->dtmf, TRUE, -1, -1, -99); /* hear digits over dial tone */
    }
    if (r->what & DETECT_CALLER_ID_V23 &&
        (r->v23 = adsi_rx_init(NULL, ADSI_STANDARD_CLIP, v23_heard, r)) == NULL)
        return false;
    if (r->what & DETECT_CALLER_ID_BELL202 &&
        (r->bell202 = adsi_rx_init(NULL, ADSI_STANDARD_CLASS, bell202_heard, r)) == NULL)
        return false;
    if (r->what & DETECT_CALLER_ID_DTMF &&
        (r->dtmf_id = adsi_rx_init(NULL, ADSI_STANDARD_CLIP_DTMF, dtmf_id_heard, r)) == NULL)
        return false;
    return true;
}

struct receivers *receivers_new(int what)
{
    struct receivers *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->object.kind = OBJECT_RECEIVERS;
    r->what = what;
    tones_init(&r->tones, tone_ended, r);
    if (!make_parts(r)) {
        receivers_free(r);
        return NULL;
    }
    return r;
}

void receivers_free(struct receivers *r)
{
    if (r->dtmf)
        dtmf_rx_free(r->dtmf);
    adsi_rx_state_t *identities[] = {r->v23, r->bell202, r->dtmf_id};
    for (int i = 0; i < 3; i++)
        if (identities[i])
            adsi_rx_free(identities[i]);
    free(r);
}

void receivers_process(struct receivers *r, const int16_t *samples, int count,
                       receivers_report report, void *to)
{
    r->report = report;
    r->to = to;
    if (r->dtmf)
        dtmf_rx(r->dtmf, samples, count);
    if (r->v23)
        adsi_rx(r->v23, samples, count);
    if (r->bell202)
        adsi_rx(r->bell202, samples, count);
    if (r->dtmf_id)
        adsi_rx(r->dtmf_id, samples, count);
    if (r->what & DETECT_TONES)
        tones_process(&r->tones, samples, count);
}
