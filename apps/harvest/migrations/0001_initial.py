import django.db.models.deletion
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('batch', '0001_initial'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='ProductGrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=50)),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code',), name='harvest_productgrade_code_key')],
            },
        ),
        migrations.CreateModel(
            name='HarvestEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='harvest_events', to='batch.batchcontainerassignment')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='harvest_events', to='batch.batch')),
                ('dest_geography', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='destination_harvest_events', to='infrastructure.geography')),
                ('event_date', models.DateTimeField()),
                ('dest_subsidiary', models.CharField(blank=True, choices=[('BS', 'Broodstock'), ('FW', 'Freshwater'), ('FM', 'Farming'), ('LG', 'Logistics'), ('ALL', 'All')], max_length=3, null=True)),
                ('document_ref', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='HarvestLot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lots', to='harvest.harvestevent')),
                ('product_grade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='harvest.productgrade')),
                ('live_weight_kg', models.DecimalField(decimal_places=3, max_digits=12)),
                ('gutted_weight_kg', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('fillet_weight_kg', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('unit_count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('live_weight_kg__gte', 0)), name='harvest_lot_weight_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='HarvestWaste',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waste_entries', to='harvest.harvestevent')),
                ('category', models.CharField(max_length=50)),
                ('weight_kg', models.DecimalField(decimal_places=3, max_digits=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'harvest waste',
            },
        ),
        ]),
    ]
