"""What changes deals: opening, answering the hand-over, moving, editing, mailing; and what calling cost."""

from deals.services.mail import mail_handovers

__all__ = ["mail_handovers"]
