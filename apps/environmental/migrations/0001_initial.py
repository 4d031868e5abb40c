import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='EnvironmentalParameter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('unit', models.CharField(max_length=20)),
                ('description', models.TextField(blank=True, default='')),
                ('min_value', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('max_value', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('optimal_min', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('optimal_max', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='EnvironmentalReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='environmental_readings', to='batch.batch')),
                ('container', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='environmental_readings', to='infrastructure.container')),
                ('parameter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='environmental.environmentalparameter')),
                ('recorded_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('sensor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='readings', to='infrastructure.sensor')),
                ('batch_container_assignment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='environmental_readings', to='batch.batchcontainerassignment')),
                ('value', models.DecimalField(decimal_places=4, max_digits=10)),
                ('reading_time', models.DateTimeField()),
                ('is_manual', models.BooleanField(default=False)),
                ('notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'indexes': [models.Index(fields=['batch_container_assignment', 'parameter', 'reading_time'], name='reading_assignment_param_time'), models.Index(fields=['batch', 'parameter', 'reading_time'], name='reading_batch_param_time'), models.Index(fields=['container', 'parameter', 'reading_time'], name='reading_container_param_time')],
            },
        ),
        migrations.CreateModel(
            name='PhotoperiodData',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='photoperiod_data', to='infrastructure.area')),
                ('date', models.DateField()),
                ('day_length_hours', models.DecimalField(decimal_places=2, max_digits=5)),
                ('light_intensity', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('is_interpolated', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'photoperiod data',
                'constraints': [models.UniqueConstraint(fields=('area', 'date'), name='photoperioddata_area_date_uniq')],
            },
        ),
        migrations.CreateModel(
            name='WeatherData',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='weather_data', to='infrastructure.area')),
                ('timestamp', models.DateTimeField()),
                ('temperature', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('wind_speed', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('wind_direction', models.IntegerField(blank=True, null=True)),
                ('precipitation', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ('wave_height', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('wave_period', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('wave_direction', models.IntegerField(blank=True, null=True)),
                ('cloud_cover', models.IntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'weather data',
                'indexes': [models.Index(fields=['area', 'timestamp'], name='weather_area_time')],
            },
        ),
        migrations.CreateModel(
            name='StageTransitionEnvironmental',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch_transfer_workflow', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='environmental_conditions', to='batch.batchtransferworkflow')),
                ('temperature', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('oxygen', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('salinity', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('ph', models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True)),
                ('additional_parameters', models.JSONField(blank=True, null=True)),
                ('notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'stage transition conditions',
            },
        ),
        ]),
    ]
