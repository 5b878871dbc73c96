"""Addresses of the calling desk."""

from django.urls import path

from calls.views import board, card, learning, notices, queue

app_name = "calls"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("next/", queue.next_card, name="next"),
    path("lead/<int:lead_id>/", card.card, name="card"),
    path("lead/<int:lead_id>/open/", queue.open_card, name="open"),
    path("lead/<int:lead_id>/skip/", queue.skip_card, name="skip"),
    path("lead/<int:lead_id>/save/", card.save_call, name="save"),
    path("lead/<int:lead_id>/heartbeat/<int:token>/", card.heartbeat, name="heartbeat"),
    path("lead/<int:lead_id>/history/", card.lead_history, name="panel_history"),
    path("<int:call_id>/correct/", card.correct, name="correct"),
    path("next-actions/<int:action_id>/done/", queue.finish_next_action, name="finish_action"),
    path("board/", board.board, name="board"),
    path("follow-ups/<int:follow_up_id>/reassign/", board.reassign, name="reassign"),
    path("follow-ups/<int:follow_up_id>/cancel/", board.cancel_follow_up, name="cancel_follow_up"),
    path("temperature/", learning.models, name="learning"),
    path("temperature/<int:pk>/", learning.model, name="learning_model"),
    path("temperature/<int:pk>/on/", learning.switch_on, name="learning_on"),
    path("temperature/<int:pk>/off/", learning.switch_off, name="learning_off"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.mark_all_read, name="notices_read"),
    path("bell/", notices.bell, name="bell"),
]
