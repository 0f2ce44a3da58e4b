"""What a customer types to find an order."""

from django import forms

from orders.numbers import read_number


class LookUpForm(forms.Form):
    """A number and an e-mail address. Errors tell of typing alone, never of what we know."""

    number = forms.CharField(
        label="Order number",
        max_length=32,
        error_messages={"required": "Please type the order number."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "placeholder": "OT-"}
        ),
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=255,
        error_messages={
            "required": "Please type the e-mail address you ordered with.",
            "invalid": "That is no e-mail address.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "you@example.com"}),
    )

    def clean_number(self) -> str:
        number = read_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError("That is no order number. It has eight characters after OT-, as in your mail.")
        return number
