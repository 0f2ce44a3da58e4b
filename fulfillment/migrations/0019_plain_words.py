from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('fulfillment', '0018_receipt_case'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='picktask',
            options={'default_permissions': ('view',), 'ordering': ['cart', 'place', 'pk'], 'verbose_name': 'pick'},
        ),
        migrations.AlterModelOptions(
            name='receipt',
            options={'default_permissions': ('view',), 'ordering': ['-pk'], 'permissions': [('expect_receipt', 'Can announce deliveries')], 'verbose_name': 'incoming delivery', 'verbose_name_plural': 'incoming deliveries'},
        ),
    ]
