import django.db.models.deletion
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='Geography',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'geographies',
                'constraints': [models.UniqueConstraint(fields=('name',), name='infrastructure_geography_name_key')],
            },
        ),
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('geography', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='areas', to='infrastructure.geography')),
                ('name', models.CharField(max_length=100)),
                ('latitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('longitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('max_biomass', models.DecimalField(decimal_places=2, max_digits=12)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='FreshwaterStation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('geography', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stations', to='infrastructure.geography')),
                ('name', models.CharField(max_length=100)),
                ('station_type', models.CharField(choices=[('FRESHWATER', 'Freshwater'), ('BROODSTOCK', 'Broodstock')], default='FRESHWATER', max_length=20)),
                ('latitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('longitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('description', models.TextField(blank=True, default='')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Hall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('freshwater_station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='halls', to='infrastructure.freshwaterstation')),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
                ('area_sqm', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='ContainerType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('category', models.CharField(choices=[('TANK', 'Tank'), ('PEN', 'Pen'), ('TRAY', 'Tray'), ('OTHER', 'Other')], max_length=20)),
                ('max_volume_m3', models.DecimalField(decimal_places=2, max_digits=10)),
                ('description', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Container',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='containers', to='infrastructure.area')),
                ('container_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='containers', to='infrastructure.containertype')),
                ('hall', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='containers', to='infrastructure.hall')),
                ('name', models.CharField(max_length=100)),
                ('volume_m3', models.DecimalField(decimal_places=2, max_digits=10)),
                ('max_biomass_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('active', models.BooleanField(default=True)),
                ('feed_recommendations_enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', True), ('hall__isnull', False)), models.Q(('area__isnull', False), ('hall__isnull', True)), _connector='OR'), name='container_in_either_hall_or_area')],
            },
        ),
        migrations.CreateModel(
            name='Sensor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('container', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sensors', to='infrastructure.container')),
                ('name', models.CharField(max_length=100)),
                ('sensor_type', models.CharField(choices=[('TEMPERATURE', 'Temperature'), ('OXYGEN', 'Oxygen'), ('PH', 'pH'), ('SALINITY', 'Salinity'), ('CO2', 'CO2'), ('OTHER', 'Other')], max_length=20)),
                ('serial_number', models.CharField(blank=True, default='', max_length=100)),
                ('manufacturer', models.CharField(blank=True, default='', max_length=100)),
                ('installation_date', models.DateField(blank=True, null=True)),
                ('last_calibration_date', models.DateField(blank=True, null=True)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='FeedContainer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feed_containers', to='infrastructure.area')),
                ('hall', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feed_containers', to='infrastructure.hall')),
                ('name', models.CharField(max_length=100)),
                ('container_type', models.CharField(choices=[('SILO', 'Silo'), ('BARGE', 'Barge'), ('TANK', 'Tank'), ('OTHER', 'Other')], default='SILO', max_length=20)),
                ('capacity_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', True), ('hall__isnull', False)), models.Q(('area__isnull', False), ('hall__isnull', True)), _connector='OR'), name='feed_container_in_either_hall_or_area')],
            },
        ),
        ]),
    ]
