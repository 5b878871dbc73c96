"""The controls of the call form, small and in the house style. Display only."""

from django import forms, template

register = template.Library()


@register.simple_tag
def control(field, placeholder: str = ""):
    """A bound field's own widget with our classes; errors are named for screen readers."""
    is_select = isinstance(field.field.widget, forms.Select)
    css = "form-select form-select-sm" if is_select else "form-control form-control-sm"
    attrs = {"class": f"{css} is-invalid" if field.errors else css}
    if placeholder and not is_select:
        attrs |= {"placeholder": str(placeholder), "aria-label": str(field.label)}
    if field.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{field.auto_id}_errors"}
    return field.as_widget(attrs=attrs)
