/* Every cell by its number. */
#ifndef RNNZOO_CELLS_H
#define RNNZOO_CELLS_H

#include "gated.h"
#include "plain.h"

/* By the numbers that CELLS in plan.py gives them. */
static const Cell CELLS[] = {
    {read_first, lstm_forward, lstm_backward, first_read},
    {read_first, gru_forward, gru_backward, first_read},
    {rnn_start, rnn_forward, rnn_backward, rnn_finish},
    {nothing, indrnn_forward, indrnn_backward, nothing},
    {nothing, scrn_forward, scrn_backward, nothing},
    {jordan_start, jordan_forward, jordan_backward, jordan_finish},
    {read_first, slstm_forward, slstm_backward, first_read},
};

#endif
