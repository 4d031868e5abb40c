import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
        ('infrastructure', '0001_initial'),
        ('scenario', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActivityTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_lifecycle_stage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='target_templates', to='batch.lifecyclestage')),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True, null=True)),
                ('activity_type', models.CharField(choices=[('VACCINATION', 'Vaccination'), ('TREATMENT', 'Treatment'), ('CULL', 'Cull'), ('HARVEST', 'Harvest'), ('SALE', 'Sale'), ('FEED_CHANGE', 'Feed Change'), ('TRANSFER', 'Transfer'), ('MAINTENANCE', 'Maintenance'), ('SAMPLING', 'Sampling'), ('OTHER', 'Other')], max_length=50)),
                ('trigger_type', models.CharField(choices=[('DAY_OFFSET', 'Day Offset'), ('WEIGHT_THRESHOLD', 'Weight Threshold'), ('STAGE_TRANSITION', 'Stage Transition')], default='DAY_OFFSET', max_length=20)),
                ('day_offset', models.IntegerField(blank=True, null=True)),
                ('weight_threshold_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('notes_template', models.TextField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='planning_activitytemplate_name_key')],
            },
        ),
        migrations.CreateModel(
            name='PlannedActivity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='planned_activities', to='batch.batch')),
                ('completed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='completed_planned_activities', to=settings.AUTH_USER_MODEL)),
                ('container', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='infrastructure.container')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='created_planned_activities', to=settings.AUTH_USER_MODEL)),
                ('scenario', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='planned_activities', to='scenario.scenario')),
                ('transfer_workflow', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='batch.batchtransferworkflow')),
                ('activity_type', models.CharField(choices=[('VACCINATION', 'Vaccination'), ('TREATMENT', 'Treatment'), ('CULL', 'Cull'), ('HARVEST', 'Harvest'), ('SALE', 'Sale'), ('FEED_CHANGE', 'Feed Change'), ('TRANSFER', 'Transfer'), ('MAINTENANCE', 'Maintenance'), ('SAMPLING', 'Sampling'), ('OTHER', 'Other')], max_length=50)),
                ('due_date', models.DateField()),
                ('status', models.CharField(choices=[('PENDING', 'Pending'), ('IN_PROGRESS', 'In Progress'), ('COMPLETED', 'Completed'), ('CANCELLED', 'Cancelled')], default='PENDING', max_length=20)),
                ('notes', models.TextField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'planned activities',
                'indexes': [models.Index(fields=['batch', 'status'], name='activity_batch_status'), models.Index(fields=['scenario', 'due_date'], name='activity_scenario_due')],
            },
        ),
    ]
